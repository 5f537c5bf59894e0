import { testHostileInput } from '../../codec/test/hostile.ts';
import * as texts from '../test/targets.ts';

testHostileInput(texts);
