export { type LeakCheck, leakCheck, useLeakCheck } from './leak-check.ts';
export { missing, type Needs, requires } from './requires.ts';
export { type TestBpffs, testBpffs } from './test-bpffs.ts';
export { type TestNamespace, testNamespace } from './test-namespace.ts';
export { type VirtualMachine, virtualMachine } from './virtual-machine.ts';
