import { testHostileInput } from '../../codec/test/hostile.ts';
import * as flagsAndObjects from '../test/targets.ts';

testHostileInput(flagsAndObjects);
