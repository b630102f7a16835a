import { describe, expect, it } from 'vitest';
import { generateBody } from './body-generator.ts';
import type { RecordedRequest } from './captures.ts';
import { anId, aStory, asking } from './stories.ts';

describe('a body that is only described', () => {
  it('is a user with a long name and a new e-mail, as long as the recorded one', () => {
    const body = generateBody(aStory(), described('POST /users', 'FullName = é × 1,000', { bodyLength: 1_069 }));
    expect(JSON.parse(body ?? '')).toMatchObject({ FullName: 'é'.repeat(1_000), UserType: 'Customer' });
    expect(body).toHaveLength(1_069);
  });

  it('is a user of another e-mail each time', () => {
    const request = described('POST /users', 'FullName = a × 5');
    expect(generateBody(aStory(), request)).not.toBe(generateBody(aStory(), request));
  });

  it('has the e-mail that a later answer shows', () => {
    const list = asking('GET /users', {
      answer: { body: '[{"FullName":"aaaaa","Email":"a@b.c","UserType":"Customer"}]' },
    });
    const body = generateBody(aStory(list), described('POST /users', 'FullName = a × 5'));
    expect(JSON.parse(body ?? '')).toEqual({ FullName: 'aaaaa', Email: 'a@b.c', UserType: 'Customer' });
  });

  it('may have another long member', () => {
    const body = generateBody(aStory(), described('PUT /users/1', 'Email = a@b. × 3'));
    expect(JSON.parse(body ?? '')).toMatchObject({ Email: 'a@b.a@b.a@b.' });
  });

  it('names one id many times', () => {
    const bodyStart = `{"userId":"${anId(1)}","ticketIds":["${anId(2)}","${anId(2)}","${anId(2)}`;
    const body = generateBody(
      aStory(),
      described('POST /events/1/tickets/reserve', 'ticketIds = 3 × the same unknown id', { bodyStart }),
    );
    expect(JSON.parse(body ?? '')).toEqual({ userId: anId(1), ticketIds: [anId(2), anId(2), anId(2)] });
  });

  it('names many ids', () => {
    const body = generateBody(
      aStory(),
      described('POST /events/1/tickets/purchase', 'ticketIds = 500 × another unknown id'),
    );
    expect(new Set(JSON.parse(body ?? '').ticketIds)).toHaveProperty('size', 500);
  });

  it.each(['a long one', 'Nickname = a × 5', 'FullName = a'])(
    'is left alone in words that follow no rule: %s',
    (words) => {
      expect(generateBody(aStory(), described('POST /users', words))).toBeUndefined();
    },
  );
});

function described(line: string, bodyGenerator: string, others: Partial<RecordedRequest> = {}): RecordedRequest {
  return { ...asking(line).request, bodyGenerator, ...others };
}
