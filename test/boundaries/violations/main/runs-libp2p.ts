import { createLibp2p } from 'libp2p'

export const node = createLibp2p
