import { testHostileInput } from '../../codec/test/hostile.ts';
import * as messagesAndFiles from '../test/targets.ts';

testHostileInput(messagesAndFiles);
