import { testHostileInput } from '../../codec/test/hostile.ts';
import * as messages from '../test/targets.ts';

testHostileInput(messages);
