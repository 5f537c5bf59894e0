// Makes a node, starts a program there, says its process id, and waits to be killed.
import { readFileSync } from 'node:fs';
import { NetNs } from '@tsnctl/linux';
import { TestNode } from '../src/containerd/index.ts';

using netns = NetNs.current();
const node = await TestNode.create({ netns });
const child = node.spawn('sleep', ['600'], { stdio: 'ignore' });
const pid = () => readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
while (pid() === '') await new Promise((resolve) => setTimeout(resolve, 10));
console.log(`pid ${pid()}`);
