import type { NodeSnapshot } from '@tsnctl/proxy';
import { Box, type Instance, type RenderOptions, render, Text, useApp, useInput, useWindowSize } from 'ink';
import { createElement, useEffect, useState } from 'react';
import type { Paint } from '../render/colour.ts';
import { watchFrame } from './frame.ts';
import { type Watched, watchFailed, watchNext } from './watched.ts';

export interface ScreenOptions {
  /** Look at the node. */
  readonly look: () => NodeSnapshot;
  readonly everyMs: number;
  readonly paint: Paint;
}

/** A live screen until `q` or Ctrl-C; then the terminal is as it was. */
export function showScreen(options: ScreenOptions, ink: RenderOptions = {}): Instance {
  const first = watchNext(undefined, options.look()); // what refuses does so before the screen is taken
  return render(createElement(Screen, { ...options, first }), {
    alternateScreen: true,
    incrementalRendering: true,
    patchConsole: false,
    ...ink,
  });
}

function Screen({ look, everyMs, paint, first }: ScreenOptions & { first: Watched }) {
  const { exit } = useApp();
  const { columns, rows } = useWindowSize();
  const [watched, setWatched] = useState(first);
  const [paused, setPaused] = useState(false);
  const [from, setFrom] = useState(0);
  useEffect(() => {
    if (paused) return;
    const timer = setInterval(() => setWatched((before) => next(before, look)), everyMs);
    return () => clearInterval(timer);
  }, [paused, look, everyMs]);
  useInput((input, key) => {
    const last = watched.snapshot.pods.length - 1;
    const scroll = (by: number) => setFrom((at) => Math.max(0, Math.min(at + by, last)));
    if (input === 'q' || key.escape) exit();
    else if (input === ' ') setPaused((before) => !before);
    else if (key.downArrow || input === 'j') scroll(1);
    else if (key.upArrow || input === 'k') scroll(-1);
    else if (key.pageDown) scroll(PAGE);
    else if (key.pageUp) scroll(-PAGE);
  });
  const lines = watchFrame(watched, { columns, rows: Math.max(MIN_ROWS, rows - 1), paint, from, paused });
  return createElement(
    Box,
    { flexDirection: 'column' },
    ...lines.map((line, at) => createElement(Text, { key: `${at}`, wrap: 'truncate' }, line || ' ')),
  );
}

const PAGE = 10;
const MIN_ROWS = 6;

function next(before: Watched, look: ScreenOptions['look']): Watched {
  try {
    return watchNext(before, look());
  } catch (error) {
    return watchFailed(before, error, new Date());
  }
}
