/** The client brings no types; these are what the tests use of it. */
declare module '@zerobounce/zero-bounce-sdk' {
  export default class ZeroBounce {
    init(apiKey: string): void;
    getCredits(): Promise<unknown>;
    validateEmail(email: string, options?: { ip_address?: string }): Promise<unknown>;
  }
}
