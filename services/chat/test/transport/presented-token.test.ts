import { describe, expect, it } from 'vitest';
import { offeredSubprotocols, presentedToken, realSubprotocols } from '../../src/transport/presented-token.ts';

const presented = (headers: Record<string, string>, query = '') => presentedToken(headers, new URLSearchParams(query));
const token = (value: string) => ({ kind: 'token', value });

describe('what an upgrade presents', () => {
  it('is the token of the subprotocol bearer.<jwt>, wherever it stands among the others', () => {
    expect(presented({ 'sec-websocket-protocol': 'gongu.v1, bearer.a.b.c' })).toEqual(token('a.b.c'));
    expect(presented({ 'sec-websocket-protocol': 'bearer.a.b.c,gongu.v1' })).toEqual(token('a.b.c'));
  });

  it('is the token of the query, with and without Bearer before it', () => {
    expect(presented({}, 'token=a.b.c')).toEqual(token('a.b.c'));
    expect(presented({}, 'token=Bearer%20a.b.c')).toEqual(token('a.b.c'));
    expect(presented({}, 'token=Bearer+a.b.c')).toEqual(token('a.b.c'));
    expect(presented({}, 'token=bearer%20%20a.b.c%20')).toEqual(token('a.b.c'));
  });

  it('is the ticket of the query', () => {
    expect(presented({}, 'ticket=once')).toEqual({ kind: 'ticket', value: 'once' });
  });

  it('is the token of the Authorization header', () => {
    expect(presented({ authorization: 'Bearer a.b.c' })).toEqual(token('a.b.c'));
  });

  it('is of the subprotocol before the ticket, of that before the query’s token, and of the header last', () => {
    const headers = { 'sec-websocket-protocol': 'bearer.sub', authorization: 'Bearer header' };
    expect(presented(headers, 'token=query&ticket=ticket')).toEqual(token('sub'));
    expect(presented({ authorization: 'Bearer header' }, 'token=query&ticket=ticket')).toMatchObject({
      kind: 'ticket',
    });
    expect(presented({ authorization: 'Bearer header' }, 'token=query')).toEqual(token('query'));
  });

  it('is nothing where it is empty', () => {
    expect(presented({})).toBeNull();
    expect(presented({}, 'token=&ticket=')).toBeNull();
    expect(presented({ authorization: 'Bearer ' }, 'token=Bearer%20')).toBeNull();
    expect(presented({ 'sec-websocket-protocol': 'gongu.v1' })).toBeNull();
    expect(presented({ authorization: 'Bearer header' }, 'token=')).toEqual(token('header'));
  });
});

describe('subprotocols', () => {
  it('are listed in the client’s order, from one header or several', () => {
    expect(offeredSubprotocols({ 'sec-websocket-protocol': ' a ,b,, c' })).toEqual(['a', 'b', 'c']);
    expect(offeredSubprotocols({})).toEqual([]);
  });

  it('that carry a token are none of the real ones, so they are never echoed', () => {
    expect(realSubprotocols(['bearer.a.b.c', 'gongu.v1', 'bearer.'])).toEqual(['gongu.v1']);
  });
});
