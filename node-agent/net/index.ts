export { createNet } from './net.ts'
export type {
  AddressBook,
  Channel,
  ChannelHandler,
  ChannelOptions,
  GossipVerdict,
  MeasuredRate,
  MembershipBook,
  Net,
  NetConnection,
  NetDeps,
  NetInit,
  NetPace,
  NetPeer,
  NetReach,
} from './types.ts'
