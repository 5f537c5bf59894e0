/**
 * The language's own DisposableStack, or, on Node 22, which has none, what is used of it here: dispose in the reverse
 * order, all of them even where one throws.
 */
export const DisposableStack: typeof globalThis.DisposableStack =
  globalThis.DisposableStack ?? (ownStack() as unknown as typeof globalThis.DisposableStack);
export type DisposableStack = globalThis.DisposableStack;

function ownStack() {
  return class OwnDisposableStack implements Disposable {
    #actions: (() => void)[] = [];
    #disposed = false;

    get disposed(): boolean {
      return this.#disposed;
    }

    use<T extends Disposable>(resource: T): T {
      this.defer(() => resource[Symbol.dispose]());
      return resource;
    }

    adopt<T>(value: T, dispose: (value: T) => void): T {
      this.defer(() => dispose(value));
      return value;
    }

    defer(action: () => void): void {
      if (this.#disposed) throw new ReferenceError('the stack is disposed');
      this.#actions.push(action);
    }

    move(): OwnDisposableStack {
      const moved = new OwnDisposableStack();
      moved.#actions = this.#actions;
      this.#actions = [];
      this.#disposed = true;
      return moved;
    }

    dispose(): void {
      this.#disposed = true;
      const errors: unknown[] = [];
      for (const action of this.#actions.splice(0).reverse()) {
        try {
          action();
        } catch (error) {
          errors.push(error);
        }
      }
      if (errors.length > 0) throw errors.at(-1);
    }

    [Symbol.dispose](): void {
      this.dispose();
    }
  };
}
