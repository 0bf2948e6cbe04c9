"""Posts deliveries to the API as providers do: several at once, and again where the answer says so."""

import http.client
import time
from concurrent.futures import ThreadPoolExecutor

AT_ONCE = 8
# A provider comes again for hours. What has no final answer after these tries is told by the audit.
TRIES_MAX = 20
AGAIN_S = 0.5


def post(place, delivery, url):
    """The status and body of the final answer, and how many times it took."""
    host, port, api = place
    for tries in range(1, TRIES_MAX + 1):
        headers, body = delivery.request(url)
        connection = http.client.HTTPConnection(host, port, timeout=60)
        try:
            # The API is found by its name; no resolver is asked for it.
            headers = headers | {"host": f"{api}.execute-api.localhost:{port}"}
            connection.request(delivery.method, f"/hooks/{delivery.source}", body, headers)
            response = connection.getresponse()
            answer = response.status, response.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            answer = 0, f"no answer, {type(error).__name__}"
        finally:
            connection.close()
        # What providers take for "come again". A door that just starts may be too late for its own 2.5 s.
        if answer[0] and answer[0] != 429 and answer[0] < 500:
            break
        time.sleep(AGAIN_S)
    return *answer, tries


def post_all(place, deliveries, url):
    """Posts in order, several at once. Gives for each delivery what it was answered."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda one: (one, *post(place, one, url)), deliveries))
