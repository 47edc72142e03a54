// The two places where a topology can be built. What is right for one may be wrong for the other: see warnings.ts.

export const targetNames = ['lab', 'linode'] as const;
export type TargetName = (typeof targetNames)[number];
