import { expect, it, describe as suite } from 'vitest';
import { bind, createBindings, describe, meet, substitute } from './bindings.ts';
import { anId, aStory, asking, creating } from './stories.ts';

const [recorded, own, other] = [anId(1), anId(2), anId(3)];
const theClients = anId(9);

suite('an id that the server made', () => {
  it('is bound where the server first gives it', () => {
    const bindings = someBindings();
    expect(meet(bindings, `/events/${recorded}`, `/events/${own}`)).toBe(true);
    expect(meet(bindings, recorded, own)).toBe(true);
    expect(meet(bindings, recorded, other)).toBe(false);
  });

  it('is found inside a text', () => {
    const bindings = someBindings();
    expect(meet(bindings, `Event with id ${recorded} not found`, `Event with id ${own} not found`)).toBe(true);
    expect(substitute(bindings, recorded)).toBe(own);
  });

  it('is not bound by a text that differs elsewhere', () => {
    const bindings = someBindings();
    expect(meet(bindings, `/events/${recorded}`, `/users/${own}`)).toBe(false);
    expect(substitute(bindings, recorded)).toBe(recorded);
  });

  it('has to be the same at both places of one text', () => {
    expect(meet(someBindings(), `${recorded} ${recorded}`, `${own} ${other}`)).toBe(false);
    expect(meet(someBindings(), `${recorded} ${recorded}`, `${own} ${own}`)).toBe(true);
  });

  it('never stands for two recorded ones', () => {
    const bindings = createBindings(aStory(creating('events', recorded), creating('events', other)));
    expect(meet(bindings, recorded, own)).toBe(true);
    expect(meet(bindings, other, own)).toBe(false);
  });

  it('is none that the client made up', () => {
    expect(bind(someBindings(), recorded, theClients)).toBe(false);
  });

  it('is no answer in another case than the contract writes', () => {
    expect(meet(someBindings(), recorded, own.toUpperCase())).toBe(false);
  });

  it('is called new until it is bound', () => {
    expect(describe(someBindings(), `/events/${recorded}`)).toBe('/events/<a new id>');
  });
});

suite('an id that the client made up', () => {
  it('is never bound', () => {
    const bindings = someBindings();
    expect(meet(bindings, theClients, own)).toBe(false);
    expect(substitute(bindings, theClients)).toBe(theClients);
  });

  it('is known by any form of it in an earlier request', () => {
    const sent = `%7B${theClients.replaceAll('-', '').toUpperCase()}%7D`;
    const story = aStory(asking(`GET /users/${sent}`), creating('users', theClients));
    expect(meet(createBindings(story), theClients, own)).toBe(false);
  });
});

suite('a request', () => {
  const bound = () => {
    const bindings = someBindings();
    bind(bindings, recorded, own);
    return bindings;
  };

  it.each([
    ['lower case', (id: string) => id],
    ['upper case', (id: string) => id.toUpperCase()],
    ['no hyphens', (id: string) => id.replaceAll('-', '')],
    ['upper case without hyphens', (id: string) => id.replaceAll('-', '').toUpperCase()],
    ['braces', (id: string) => `{${id}}`],
    ['escaped braces', (id: string) => `%7B${id}%7D`],
    ['escaped braces in lower case, without hyphens', (id: string) => `%7b${id.replaceAll('-', '')}%7d`],
    ['an escaped slash before it', (id: string) => `/events%2F${id}`],
    ['escaped hyphens', (id: string) => id.replaceAll('-', '%2D')],
  ])('has the id in the form of the recording: %s', (_, form) => {
    expect(substitute(bound(), `/events/${form(recorded)}/tickets?x=1`)).toBe(`/events/${form(own)}/tickets?x=1`);
  });

  it('keeps digits that only look like an id', () => {
    const text = `${recorded}0 a${recorded} ${'a'.repeat(64)} ${recorded.slice(0, -1)}`;
    expect(substitute(bound(), text)).toBe(text);
  });
});

function someBindings() {
  return createBindings(aStory(asking(`GET /events/${theClients}`), creating('events', recorded)));
}
