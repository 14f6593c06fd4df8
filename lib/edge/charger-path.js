// A CloudFront Function (cloudfront-js-2.0) at viewer-request: `/ocpp/<identity>` becomes `/?id=<identity>`, everything else is 404.
// Nothing that the client wrote into its query string gets through, so no spelling of a second `id` does, and it cannot pass for CloudFront.

// biome-ignore lint/correctness/noUnusedVariables: CloudFront calls it by this name
function handler(event) {
  const request = event.request;
  const path = /^\/ocpp\/([^/]+)$/.exec(request.uri);
  if (path === null || !decodes(path[1])) return { statusCode: 404, statusDescription: 'Not Found' };

  delete request.headers['x-chargeline-origin-key'];
  request.uri = '/';
  request.querystring = { id: { value: asQueryValue(path[1]) } };
  return request;
}

function decodes(segment) {
  try {
    decodeURIComponent(segment);
    return true;
  } catch (_) {
    return false;
  }
}

// Percent-encoding stays as it is; what means something else in a query than in a path (+ & = ;) is encoded.
function asQueryValue(segment) {
  return segment.replace(/[^A-Za-z0-9\-._~%]+/g, encodeURIComponent);
}
