import { z } from 'zod';
import { LIMITS } from './limits.ts';
import { productFields } from './product.ts';
import { text } from './text.ts';
import { without } from './without.ts';

const {
  title,
  description,
  imageUrl,
  pictures,
  category,
  tags,
  deadline,
  priceTiers,
  notices,
  minParticipants,
  maxParticipants,
} = productFields;

/** Body of `PATCH /api/products/:id`. The price can't change, nor its tiers once somebody takes part: buyers have agreed. */
export const EditProduct = z
  .object({
    title: title.optional(),
    description: description.unwrap().optional(),
    imageUrl,
    pictures: pictures.unwrap().optional(),
    category,
    tags: tags.unwrap().optional(),
    deadline: deadline.optional(),
    priceTiers: priceTiers.unwrap().optional(),
    notices: notices.unwrap().optional(),
    minParticipants: minParticipants.unwrap().optional().meta({ description: 'not more than maxParticipants' }),
    maxParticipants: maxParticipants.optional(),
  })
  .refine((edit) => Object.values(edit).some((value) => value !== undefined), {
    error:
      'must have title, description, imageUrl, pictures, category, tags, deadline, priceTiers, notices, minParticipants or maxParticipants',
  })
  .meta({
    id: 'EditProduct',
    description: 'At least one of the fields',
    not: without(
      'title',
      'description',
      'imageUrl',
      'pictures',
      'category',
      'tags',
      'deadline',
      'priceTiers',
      'notices',
      'minParticipants',
      'maxParticipants',
    ),
  });
export type EditProduct = z.output<typeof EditProduct>;

/** Body of `POST /api/products/:id/cancel`. The reason is shown in the room. */
export const CancelProduct = z.object({ reason: text(LIMITS.reasonChars).nullish() }).meta({ id: 'CancelProduct' });
