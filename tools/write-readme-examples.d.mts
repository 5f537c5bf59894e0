export declare const PACKAGES: readonly string[];
export declare function withExamples(name: string): string;
