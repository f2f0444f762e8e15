/** What kubewright.yaml may say of buckets. */
import { z } from 'zod';

/** `buckets`. */
export function bucketSchemas() {
  const endpoint = z
    .string()
    .regex(/^https?:\/\/[^/]+/, 'an address: https://storage.example.com')
    .optional()
    .describe('Address of the server; the environment goes before it');
  const region = z.string().min(1).optional().describe('Region of the buckets; default us-east-1');
  const buckets = z.strictObject({
    s3: z.strictObject({ endpoint, region }).optional().describe('Servers that speak like S3'),
    gs: z.strictObject({ endpoint }).optional().describe('Google Cloud Storage'),
  });
  return {
    buckets: buckets.optional().describe('Where the buckets are that releases are published to'),
  };
}
