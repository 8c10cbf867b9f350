export { type AttachmentLinks, createAttachmentLinks } from './attachment-links.ts';
export type { FileStorage, KeptFile, KeptFileKey } from './kept-files.ts';
export type { UploadFile } from './put-file.ts';
export { type Upload, type UploadOptions, type UploadPlace, type UploadSnapshot, uploadFile } from './upload.ts';
