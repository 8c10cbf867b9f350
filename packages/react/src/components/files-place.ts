import type { AttachmentLinks } from '@gongu/client/files';

/** Where a list's files are: made by the part that shows them, with its first use. */
export interface FilesPlace {
  readonly roomId: string;
  links: AttachmentLinks | null;
}

/** Pixels that a thumbnail's side is shown with. */
export const sideOf = (pixels: number): number => Math.max(32, pixels / 2);
