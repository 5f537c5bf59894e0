import { testHostileInput } from '../test/hostile.ts';
import * as attributes from '../test/targets.ts';

testHostileInput(attributes);
