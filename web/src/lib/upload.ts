import type { ImportResult } from '@keyrail/contract/tables';
import { ApiError, errorFromAnswer, networkError } from '@keyrail/sdk/api-error';
import { addressOf, type Query } from '@keyrail/sdk/request';
import { requestHeaders } from './api.ts';

interface Upload {
  path: string;
  query: Query;
  content: Blob;
  /** Bytes sent so far; all of them while the server works on what it got. */
  onProgress: (sent: number) => void;
  signal: AbortSignal;
}

/** Sends a CSV. By XMLHttpRequest, as fetch does not tell how much is sent. */
export function uploadCsv({ path, query, content, onProgress, signal }: Upload): Promise<ImportResult> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', addressOf({}, path, query));
    for (const [name, value] of Object.entries(requestHeaders())) request.setRequestHeader(name, value);
    request.setRequestHeader('content-type', 'text/csv');
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onerror = () => reject(networkError(new Error('the upload broke off')));
    request.onabort = () => reject(new DOMException('The upload was stopped.', 'AbortError'));
    request.onload = () => {
      if (request.status >= 200 && request.status < 300)
        resolve(JSON.parse(request.responseText) as ImportResult);
      else
        reject(
          errorFromAnswer(request.status, request.responseText, request.getResponseHeader('retry-after')),
        );
    };
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(content);
  });
}

export const isStopped = (error: unknown): boolean =>
  !(error instanceof ApiError) && error instanceof DOMException && error.name === 'AbortError';
