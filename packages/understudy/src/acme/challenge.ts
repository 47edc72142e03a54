// What an authority asks of whoever orders a certificate, and how it is shown.

export interface Challenge {
  /** The name to be verified, without `*.` in front. */
  readonly name: string;
  /** Chosen by the authority. */
  readonly token: string;
  /** What has to be shown: derived from the account's key and the token, so nobody else has this value. */
  readonly answer: string;
}

/** One way of showing answers. */
export interface ChallengeWay {
  /** RFC 8555, 8.3 and 8.4. */
  readonly type: 'dns-01' | 'http-01';
  /** What to look at when the authority did not find an answer, as a sentence. */
  readonly advice: string;
  /** Shows the answers, does the work, and takes them away, whatever happens. */
  shown<Result>(challenges: readonly Challenge[], work: () => Promise<Result>, signal?: AbortSignal): Promise<Result>;
}
