/** Where an upload's bytes are: as they came, as they are kept, and their thumbnail. The one place where keys are made. */
export function fileKeys(uploadId: string): { incoming: string; file: string; thumbnail: string } {
  return { incoming: `incoming/${uploadId}`, file: `files/${uploadId}`, thumbnail: `files/${uploadId}-thumbnail` };
}
