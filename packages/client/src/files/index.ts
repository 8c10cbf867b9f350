export { type AttachmentLinks, createAttachmentLinks } from './attachment-links.ts';
export type { UploadFile } from './put-file.ts';
export { type Upload, type UploadSnapshot, uploadFile } from './upload.ts';
