import { describe, expect, test } from 'vitest';
import { bestAvailable, nearestAlternative, type SeatWish } from './best-available.ts';
import { unknownRuns } from './best-available-together.ts';
import { layoutOf } from './layout.ts';
import { aHouse, picturesOf, type SmallHouse } from './test-houses.ts';

const [strict, loose] = [{ leaveNoSingle: true }, { leaveNoSingle: false }];

describe('seats together', () => {
  test('are in the middle of the front row of an empty house', () => {
    expect(choose(['.......', '.......'], { count: 3 })).toEqual(['..ooo..', '.......']);
  });

  test('are taken from further back when the front row has no room for all', () => {
    expect(choose(['..xx..', '......'], { count: 3 })).toEqual(['..xx..', 'ooo...']);
  });

  test('are in the row with the lower number, and further left, of two that are as near', () => {
    expect(choose(['......'], { count: 1 }, loose)).toEqual(['..o...']);
  });

  test('never reach over the end of a row', () => {
    expect(choose(['xxx..', '..xxx'], { count: 4 })).toBeUndefined();
  });

  test('are of the category that is wanted', () => {
    const house = aHouse({ Stalls: ['....'], Balcony: ['....'] });
    expect(chooseIn(house, { count: 2, category: 'Balcony' })).toEqual(['....', 'oo..']);
    expect(chooseIn(house, { count: 2, category: 'Box' })).toBeUndefined();
  });

  test('are near the place asked for instead of the stage', () => {
    expect(choose(['......', '......'], { count: 2, near: { x: 3, y: 12 } })).toEqual(['......', '....oo']);
  });

  test('are none when as many are not left together', () => {
    expect(choose(['.x.x.'], { count: 2 })).toBeUndefined();
  });

  test.each([0, -1, 1.5, Number.NaN])('%d is no number of seats', (count) => {
    expect(() => choose(['...'], { count })).toThrow(RangeError);
  });
});

describe('a single seat', () => {
  test('is not left beside a group when there are other seats', () => {
    expect(choose(['x...x', '.....'], { count: 2 })).toEqual(['x...x', 'oo...']);
  });

  test('may be left where the event does not mind', () => {
    expect(choose(['x...x', '.....'], { count: 2 }, loose)).toEqual(['xoo.x', '.....']);
  });

  test('is left when there is no other choice, but one rather than two', () => {
    expect(choose(['x....x', 'x...x'], { count: 2 })).toEqual(['xoo..x', 'x...x']);
    expect(choose(['x....x'], { count: 3 })).toEqual(['xooo.x']);
    expect(choose(['x...x', 'x..x'], { count: 1 })).toEqual(['xo..x', 'x..x']);
  });

  test('that is alone already is sold gladly to one who comes alone', () => {
    expect(choose(['x..x', 'x.x.x'], { count: 1 })).toEqual(['x..x', 'xox.x']);
  });
});

describe('seats apart', () => {
  test('are in one row when one has enough of them', () => {
    expect(choose(['x.x.x', '.x.x.'], { count: 3, adjacent: false })).toEqual(['x.x.x', 'oxoxo']);
  });

  test('are in as few rows as possible when none has', () => {
    expect(choose(['x.x.xx', '.x.x.x', '.xxxxx'], { count: 4, adjacent: false })).toEqual([
      'x.xoxx',
      'oxoxox',
      '.xxxxx',
    ]);
  });

  test('are the nearest of their row', () => {
    expect(choose(['.x.x.x.'], { count: 2, adjacent: false })).toEqual(['.xoxox.']);
  });

  test('are none when the house has not so many', () => {
    expect(choose(['.x.', 'xx.'], { count: 4, adjacent: false })).toBeUndefined();
  });
});

describe('accessible places', () => {
  test('are not given to others while other seats suit them', () => {
    expect(choose(['.AA.', '....'], { count: 2 })).toEqual(['.AA.', 'oo..']);
    expect(choose(['.AA.', '.xx.'], { count: 4, adjacent: false })).toEqual(['oAAo', 'oxxo']);
  });

  test('are given to others when nothing else suits, as few as possible', () => {
    expect(choose(['.AA.', '.xx.'], { count: 2 }, loose)).toEqual(['ooA.', '.xx.']);
    expect(choose(['.AAx'], { count: 2, adjacent: false })).toEqual(['ooAx']);
  });

  test('are given to those who need one, with the companions beside them on other seats', () => {
    expect(choose(['......', '..AA..'], { count: 3, accessible: true }, loose)).toEqual(['......', 'oooA..']);
  });

  test('have companions nearby when there is no room beside them and they need not sit together', () => {
    const rows = ['...', 'xAx', '...'];
    expect(choose(rows, { count: 3, accessible: true })).toBeUndefined();
    expect(choose(rows, { count: 3, accessible: true, adjacent: false })).toEqual(['oo.', 'xox', '...']);
  });

  test('are not promised to those who need one when none is left', () => {
    expect(choose(['..X..'], { count: 1, accessible: true })).toBeUndefined();
    expect(choose(['..X..'], { count: 2, accessible: true, adjacent: false })).toBeUndefined();
  });
});

describe('the buyer is told why:', () => {
  test.each([
    {
      why: 'where the seats are',
      rows: ['....'],
      wish: { count: 4 },
      reason: 'Row 1 of block Stalls, 10 m from the stage',
    },
    {
      why: 'that nearer ones would have left a single seat',
      rows: ['x...x', 'x..x'],
      wish: { count: 2 },
      reason: 'Row 2 of block Stalls, 11 m from the stage; 2 nearer groups would have left a single seat',
    },
    {
      why: 'that a single seat is left all the same',
      rows: ['x...x'],
      wish: { count: 2 },
      reason:
        'Row 1 of block Stalls, 10 m from the stage; every choice that is left leaves a single seat, this one the fewest',
    },
    {
      why: 'which is the accessible place',
      rows: ['xxA.'],
      wish: { count: 2, accessible: true },
      reason: 'Row 1 of block Stalls, 10 m from the stage; with 1 accessible place (seat 3)',
    },
    {
      why: 'that only accessible places are left',
      rows: ['xAAx'],
      wish: { count: 2 },
      reason: 'Row 1 of block Stalls, 10 m from the stage; no other seats than accessible places are left for this',
    },
    {
      why: 'in which rows the seats are',
      rows: ['.x.x', 'x.xx'],
      wish: { count: 3, adjacent: false },
      reason: '2 seats in row 1 of block Stalls and 1 in row 2 of block Stalls, 10 m from the stage on average',
    },
    {
      why: 'how far they are from the place asked for',
      rows: ['..', '..'],
      wish: { count: 2, near: { x: 0, y: 11 } },
      reason: 'Row 2 of block Stalls, 0 m from the place asked for',
    },
  ])('$why', ({ rows, wish, reason }) => {
    expect(choiceIn(aHouse({ Stalls: rows }), wish)?.reason).toBe(reason);
  });
});

describe('instead of seats that are taken', () => {
  test('the nearest ones together are offered', () => {
    expect(offer({ Stalls: ['.......', 'xxxxxxx', '.......'] }, [10, 11])).toEqual(['..oo...', 'xxxxxxx', '.......']);
  });

  test('those at the same price are offered before nearer ones at another', () => {
    expect(offer({ Stalls: ['..x.', 'xxxx'], Balcony: ['....'] }, [5, 6])).toEqual(['oox.', 'xxxx', '....']);
    expect(offer({ Stalls: ['x.x.', 'xxxx'], Balcony: ['....'] }, [5, 6])).toEqual(['x.x.', 'xxxx', 'oo..']);
  });

  test('seats apart in the same block are offered when none are left together', () => {
    expect(offer({ Stalls: ['.x.x', 'xxxx'], Balcony: ['.x.x'] }, [5, 6])).toEqual(['oxox', 'xxxx', '.x.x']);
  });

  test('nothing is offered when the block has too few', () => {
    expect(offer({ Stalls: ['.xxx'], Balcony: ['.x.x'] }, [2, 3])).toBeUndefined();
    expect(offer({ Stalls: ['....'] }, [])).toBeUndefined();
  });

  test('a full house is looked through once, however many ask in a batch', () => {
    let asked = 0;
    const [layout, isFree] = [layoutOf(10), () => asked++ < 0];
    const longestRuns = unknownRuns(layout);
    const offer = () => nearestAlternative(layout, isFree, [1, 2, 4, 5], { ...strict, longestRuns });
    offer();
    const first = asked;
    offer();
    expect([first > layout.capacity, asked - first < 2_000]).toEqual([true, true]);
  });

  test('another accessible place is offered for one that is taken', () => {
    expect(offer({ Stalls: ['..XX..', '......', 'AA....'] }, [3])).toEqual(['..XX..', '......', 'Ao....']);
  });
});

function choose(rows: readonly string[], wish: Partial<SeatWish>, policy = strict) {
  return chooseIn(aHouse({ Stalls: rows }), wish, policy);
}

function chooseIn(house: SmallHouse, wish: Partial<SeatWish>, policy = strict) {
  const choice = choiceIn(house, wish, policy);
  return choice && picturesOf(house, choice.seats);
}

function choiceIn({ layout, isFree }: SmallHouse, wish: Partial<SeatWish>, policy = strict) {
  return bestAvailable(layout, isFree, { count: 1, adjacent: true, accessible: false, ...wish }, policy);
}

function offer(pictures: Record<string, string[]>, seats: readonly number[]) {
  const house = aHouse(pictures);
  const offered = nearestAlternative(house.layout, house.isFree, seats, loose);
  return offered && picturesOf(house, offered);
}
