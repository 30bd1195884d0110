import fc from 'fast-check';
import { expect, test } from 'vitest';
import { growthByTen, LINEAR } from '../../../test/growth.ts';
import { answerXml } from './answer-xml.ts';

const BUCKETS = `<?xml version="1.0" encoding="UTF-8"?>
<!-- made by hand -->
<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Owner><ID>abc</ID><DisplayName>Anna &amp; Co &#x41;&#66; &unknown;</DisplayName></Owner>
  <Buckets><Bucket><Name>one</Name><Note><![CDATA[<b> & c]]></Note></Bucket></Buckets>
  <Marker/>
</ListAllMyBucketsResult>`;

test('elements are members, a list stays a list where there is one of it, and namespaces are left out', () => {
  expect(answerXml(BUCKETS, ['Bucket'])).toEqual({
    ListAllMyBucketsResult: {
      Owner: { ID: 'abc', DisplayName: 'Anna & Co AB &unknown;' },
      Buckets: { Bucket: [{ Name: 'one', Note: '<b> & c' }] },
      Marker: '',
    },
  });
  expect(answerXml('<s:a><s:b>1</s:b><s:b>2</s:b></s:a>', [])).toEqual({ a: { b: ['1', '2'] } });
});

test.each([
  ['nothing', ''],
  ['a text', 'Bad gateway'],
  ['a page', '<html><body><p>Sign in</p></body></html>'],
  ['a page with a document type', '<!DOCTYPE html><html></html>'],
  ['entities of its own', '<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>'],
  ['what is cut off', '<a><b>1</b>'],
  ['what is closed twice', '<a></a></a>'],
  ['what is closed crosswise', '<a><b></a></b>'],
  ['two roots', '<a/><b/>'],
  ['a comment without end', '<a><!-- </a>'],
  ['what is nested too deep', `${'<a>'.repeat(200)}${'</a>'.repeat(200)}`],
])('%s is no XML', (_, text) => {
  expect(answerXml(text, [])).toBeUndefined();
});

test('a member named __proto__ stays a member, and nothing throws whatever comes', () => {
  const read = answerXml('<a><__proto__><admin>1</admin></__proto__></a>', []) as { a: object };
  expect(Object.hasOwn(read.a, '__proto__')).toBe(true);
  expect(({} as Record<string, unknown>).admin).toBeUndefined();
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('<', '>', '/', 'a', '!', '-', '&', ';', '[', ' ') }),
      (text) => {
        answerXml(text, []);
      },
    ),
  );
});

test('ten times the text takes ten times the time', () => {
  for (const piece of ['<a></a>', '&#1', '<!--a-->'])
    expect(growthByTen((length) => void answerXml(piece.repeat(length), []), 20_000)).toBeLessThan(LINEAR);
});
