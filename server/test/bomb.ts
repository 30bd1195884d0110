import { gunzipSync } from 'node:zlib';

/** 200 MB of zeros, packed with gzip three times: making them takes seconds. */
export const BOMB = Buffer.from(
  [
    'H4sIAAAAAAACA5Pv5mAAASbmt3ds9VwCZY49NJaf1NnR77Q0QVKqs9PFu6nKiHsDU+tsnxAp7g3sU1k7jvHVhIgpcLV6xbyLPVY5',
    'f7nV1/01xZ9u75s35VzBl48GEn/2z5p9f/f5k0WMDAwMWtf36LndlQgou/X88GNjBgaGBWWft14ttOf6c2bbsnMgFVd337od+76e',
    'oyZ2Xv9cZqCWVdt//t13P5/R/+3fYyurGRgYHL7GsYAkFLoSQE5NEeQBUg06TSDdAm4GILFNHGwghWIHQZwTShIgKhGiqXuEaHqW',
    'W2jwZltDpvXuCh0GhpBHZZl2llaaSyN/Mue2eEaEyDAzAACySuOX7AEAAA==',
  ].join(''),
  'base64',
);

/** The same packed once: 204 KB. */
export const packedOnce = (): Buffer => gunzipSync(gunzipSync(BOMB));
