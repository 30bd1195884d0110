import { z } from 'zod';
import { shape, templateSchema } from './shape.ts';

const valueSchema = z.union([templateSchema, z.number(), z.boolean()]);

/**
 * A request with places to fill: `{name}` stands for an input of the action or a field of the connection, never for
 * a credential. In a path it fills (part of) one segment; alone in query or body it keeps its type; where nothing
 * was given the parameter or member is left out.
 */
export const requestTemplateSchema = shape({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).describe('As it is documented.'),
  path: z
    .string()
    .max(500)
    .regex(/^(\/[^?#\\\s]*)?$/, 'start with /, and put parameters under query')
    .describe('Added to base_url. Starts with /, or is empty.'),
  query: z
    .record(z.string(), valueSchema)
    .default({})
    .describe('Parameters of the address; one whose {name} was not given is left out.'),
  headers: z.record(z.string(), valueSchema).default({}).describe('Sent besides those of `default_headers`.'),
  body: z.json().optional().describe('JSON with {name} places.'),
  form: z.record(z.string(), valueSchema).optional().describe('A form-encoded body instead of JSON.'),
  graphql: shape({
    query: z.string().min(1).max(8000).describe('Sent as it stands: no places are filled here.'),
    variables: z.record(z.string(), z.json()).default({}).describe('What goes in, with {name} places.'),
  })
    .optional()
    .describe('A GraphQL request instead of a body.'),
  mail: shape({
    at: z
      .string()
      .regex(/^[a-z]+(\.[a-z]+)?$/)
      .describe('Which member of the body gets it: raw, or message.raw.'),
    to: templateSchema.optional().describe('Addresses, with commas between.'),
    cc: templateSchema.optional().describe('Addresses, with commas between.'),
    bcc: templateSchema.optional().describe('Addresses, with commas between.'),
    reply_to: templateSchema.optional().describe('Where answers go.'),
    subject: templateSchema.optional().describe('"{subject}"'),
    text: templateSchema.min(1).describe('What is written: "{text}".'),
    format: templateSchema.optional().describe('Is it html, the text is; else it is plain.'),
  })
    .optional()
    .describe('An email in one piece (RFC 5322), in base64url, beside what `body` has.'),
  quotes: z
    .enum(['doubled', 'backslash'])
    .optional()
    .describe(
      "Where a value stands between quotation marks ('{email}', in a filter or query): how that language writes one inside of them. Between double ones it need not be said, since texts have those, too.",
    ),
  expect: z.enum(['json', 'any']).default('json').describe('any: an empty or plain-text answer is fine.'),
});

export type RequestTemplate = z.output<typeof requestTemplateSchema>;
