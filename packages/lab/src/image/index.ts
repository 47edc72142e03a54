// The disk image that machines of the lab start from.
export { ensureImage, type Image, type ImageOptions } from './ensure-image.ts';
export type { ImageRecipe } from './recipe.ts';
