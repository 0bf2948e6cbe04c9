"""Posts deliveries to the API as providers do: several at once, and again where the answer says so."""

import http.client
import time
from concurrent.futures import ThreadPoolExecutor

AT_ONCE = 8
# A provider comes again for hours, we do so for this long. The door itself asks SSM again only after ten seconds.
# What has no final answer then is told by the audit.
GIVE_UP_S = 90
AGAIN_S = 0.5


def post(place, delivery, url, give_up):
    """The status and body of the final answer, and how many times it took."""
    host, port, api = place
    tries = 0
    while True:
        tries += 1
        headers, body = delivery.request(url)
        connection = http.client.HTTPConnection(host, port, timeout=30)
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
        again = answer[0] in (0, 429) or answer[0] >= 500
        if not again or time.monotonic() > give_up:
            return *answer, tries
        time.sleep(AGAIN_S)


def post_all(place, deliveries, url):
    """Posts in order, several at once. Gives for each delivery what it was answered."""
    give_up = time.monotonic() + GIVE_UP_S
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda one: (one, *post(place, one, url, give_up)), deliveries))
