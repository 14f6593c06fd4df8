import cf from 'cloudfront';
// biome-ignore lint/style/useNodejsImportProtocol: it is a module of that runtime, not of Node.js
import crypto from 'crypto';

// A CloudFront Function (cloudfront-js-2.0) at viewer-request: the door of the files. `/<right>/<expiry>.<signature>/<path>` is let through when we
// signed it and its time is not over (shared/runtime/file-links.ts signs); nothing else is. What reaches the bucket is made here, not by the client.

// Replaced when the template is made.
const key = '@FILE_KEY@';
const storedByFunction = '@UPLOAD_ORIGIN@';

const asked = {
  'access-control-allow-methods': { value: 'GET, HEAD, PUT, POST' },
  'access-control-allow-headers': { value: '*' },
  'access-control-max-age': { value: '7200' },
};

const methods = { d: ['GET', 'HEAD'], l: ['GET'], p: ['PUT'], u: ['PUT', 'POST'] };

// biome-ignore lint/correctness/noUnusedVariables: CloudFront calls it by this name
function handler(event) {
  const request = event.request;
  // A browser asks before it puts. Any page may: the link opens the door, and there are no cookies that a page could abuse.
  if (request.method === 'OPTIONS') return answer(204, 'No Content', asked);
  const parts = /^\/([dlpu])\/([0-9a-z]{1,9})\.([\w-]{22})\/+(.+)$/.exec(request.uri);
  if (parts === null) return answer(404, 'Not Found');

  // Into a directory of two segments a charger may put whatever names it likes.
  const place = parts[1] === 'u' ? /^([\w-]+\/[\w-]+)(?:\/(.*))?$/.exec(parts[4]) : [parts[4], parts[4]];
  if (place === null || !isEqual(parts[3], signature(parts[1], parts[2], place[1]))) return answer(404, 'Not Found');
  if (Number.parseInt(parts[2], 36) * 1000 <= Date.now()) return answer(410, 'Gone');
  if (methods[parts[1]].indexOf(request.method) < 0) return answer(405, 'Method Not Allowed');

  const query = request.querystring;
  request.querystring = {};
  request.cookies = {};
  // They would be orders to the bucket, under our name.
  Object.keys(request.headers)
    .filter((name) => name === 'authorization' || name.indexOf('x-amz-') === 0)
    .forEach((name) => {
      delete request.headers[name];
    });
  if (request.method === 'POST') {
    // The bucket takes no plain POST. The path stays: the function puts what it finds there by this very door.
    cf.selectRequestOriginById(storedByFunction);
    // As text the gateway would change bytes that are none.
    const type = request.headers['content-type'];
    if (!type || !/^\s*multipart\//i.test(type.value)) {
      request.headers['content-type'] = { value: 'application/octet-stream' };
    }
    return request;
  }
  if (parts[1] === 'l') {
    request.uri = '/';
    request.querystring = { 'list-type': { value: '2' }, prefix: { value: encodeURIComponent(place[1]) } };
    ['max-keys', 'start-after'].forEach((name) => {
      if (query[name]) request.querystring[name] = { value: query[name].value };
    });
    return request;
  }
  request.uri = parts[1] === 'u' ? `/uploads/${place[1]}/${nameIn(place[2])}` : `/${place[1]}`;
  return request;
}

// A page may read it, whatever it says.
function answer(statusCode, statusDescription, more) {
  const headers = Object.assign({ 'access-control-allow-origin': { value: '*' } }, more);
  return { statusCode, statusDescription, headers };
}

function signature(right, expiry, path) {
  return crypto.createHmac('sha256', key).update(`${right}/${expiry}/${path}`).digest('base64url').slice(0, 22);
}

// Without a hint of where they differ.
function isEqual(a, b) {
  let difference = a.length ^ b.length;
  for (let at = 0; at < a.length; at++) difference |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return difference === 0;
}

// The last segment, in characters that need no encoding anywhere.
function nameIn(path) {
  const last =
    (path || '')
      .split('/')
      .filter((segment) => segment !== '')
      .pop() || '';
  const name = decoded(last)
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .slice(-100);
  return /^\.*$/.test(name) ? 'unnamed' : name;
}

function decoded(segment) {
  try {
    return decodeURIComponent(segment);
  } catch (_) {
    return segment;
  }
}
