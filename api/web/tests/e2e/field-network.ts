/**
 * A bad network between a phone and its server: cuts, delays, repeats, loses answers, and answers as broken gateways do.
 *
 * It carries real connections, so that whatever the browser sends is met, the worker's requests and halves of photos too.
 */
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

const FAULTS = ['cut', 'half', 'broken', 'twice', 'answerLost', 'late'] as const
type Fault = (typeof FAULTS)[number]

interface Heard {
  status: number
  headers: IncomingMessage['headers']
  body: Buffer
}

export class Network {
  /** Share of requests that meet a fault. */
  share = 0
  readonly seen = Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Record<Fault, number>
  carried = 0
  /** Bytes of answers that the phone was given, heads left out. */
  bytes = 0
  /** Called while a request is on its way to the server. */
  underway: (carried: number) => void = () => undefined
  readonly #chance: () => number
  /** Port of the server that is asked. */
  to: number
  readonly #server: Server

  constructor(to: number, seed: number) {
    this.to = to
    this.#chance = chances(seed)
    this.#server = createServer((asked, answer) => void this.#carry(asked, answer).catch(() => answer.destroy()))
  }

  async open(port: number): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  async #carry(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = Buffer.concat(await asked.toArray())
    const written = asked.url?.startsWith('/api/')
    const fault = written && this.#chance() < this.share ? FAULTS[Math.floor(this.#chance() * FAULTS.length)] : undefined
    if (fault) this.seen[fault] += 1
    switch (fault) {
      case 'cut':
        return void answer.destroy()
      case 'half':
        this.#send(asked, body.subarray(0, body.length / 2), false)
        return void answer.destroy()
      case 'broken':
        return void answer.writeHead([500, 502, 503, 504][Math.floor(this.#chance() * 4)] ?? 500).end('<html>broken</html>')
      case 'twice':
        void this.#ask(asked, body).catch(() => undefined)
        break
      case 'answerLost':
        await this.#ask(asked, body).catch(() => undefined)
        return void answer.destroy()
      case 'late':
        await new Promise((resolve) => setTimeout(resolve, 50 + this.#chance() * 350))
    }
    const { status, headers, body: told } = await this.#ask(asked, body)
    this.bytes += told.length
    answer.writeHead(status, headers).end(told)
  }

  #ask(asked: IncomingMessage, body: Buffer): Promise<Heard> {
    const heard = new Promise<Heard>((resolve, reject) => {
      const sent = this.#send(asked, body, true)
      sent.on('error', reject)
      sent.on('response', (response: IncomingMessage) => {
        response.toArray().then((parts) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }), reject)
      })
    })
    this.carried += 1
    this.underway(this.carried)
    return heard
  }

  /** Send a request, or so much of it and then nothing more. */
  #send({ url, method, headers }: IncomingMessage, body: Buffer, whole: boolean) {
    const sent = request({ host: '127.0.0.1', port: this.to, path: url, method, headers, agent: false })
    if (whole) sent.end(body)
    else {
      sent.on('error', () => undefined)
      sent.write(body, () => sent.destroy())
    }
    return sent
  }
}

/** Mulberry32: the same chances for the same seed. */
function chances(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
