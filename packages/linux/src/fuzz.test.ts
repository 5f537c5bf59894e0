import { testHostileInput } from '../../codec/test/hostile.ts';
import * as linux from '../test/targets.ts';

testHostileInput(linux);
