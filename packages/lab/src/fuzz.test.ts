import { testHostileInput } from '../../codec/test/hostile.ts';
import * as records from '../test/targets.ts';

testHostileInput(records);
