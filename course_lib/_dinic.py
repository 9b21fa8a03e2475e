"""The largest flow through layers of pipes, compiled by Numba; for `course_lib.flow`.

The algorithm is that of Dinitz (1970). Nodes are numbered from the inputs up, n to a level. What
node a may send to position j of the level below it is ``capacity[a - n, j]``, and what it sends is
``flow[a - n, j]``. These are whole numbers, so that sums are exact. Only positions from `low` to
`high` - 1 take part.
"""

from numba import njit

MATRIX, NODES = "int64[:, ::1]", "int64[::1]"
ENDS = ", ".join(["int64"] * 4)  # output, input, low, high
UNLIMITED = 2**62


def compiled(signature):
    """Return a decorator that compiles a function, for later processes as well.

    What is compiled is kept beside this file or in a folder of the user. Where neither can be
    written, as in a sandbox, or what lies there is damaged, each process compiles for itself.
    """

    def compile(function):
        try:
            return njit(signature, cache=True)(function)
        except Exception:
            return njit(signature)(function)

    return compile


@compiled(f"boolean({MATRIX}, {MATRIX}, {NODES}, {NODES}, {ENDS})")
def search(capacity, flow, distance, queue, output, input, low, high):
    """Measure how many steps it is from each node to the input, and tell if the output is reached.

    A step down needs a pipe with room, and a step up takes back what comes from there. Nodes
    without a way, or farther away than the output, have the distance -1.
    """
    n = capacity.shape[1]
    top = len(distance) - n
    for node in range(len(distance)):
        distance[node] = -1
    distance[input] = 0
    queue[0] = input
    done, found = 0, 1
    while done < found:
        node = queue[done]
        done += 1
        j = node % n
        level, farther = node - j, distance[node] + 1
        if level == top:
            return True
        above, below = level + n, level - n
        for i in range(low, high):
            if above == top and i != output:
                continue
            if distance[above + i] < 0 and flow[level + i, j] < capacity[level + i, j]:
                distance[above + i] = farther
                queue[found] = above + i
                found += 1
        if below > 0:  # of the inputs, one alone takes part
            for i in range(low, high):
                if distance[below + i] < 0 and flow[below + j, i] > 0:
                    distance[below + i] = farther
                    queue[found] = below + i
                    found += 1
    return False


@compiled(f"int64({MATRIX}, {MATRIX}, {', '.join([NODES] * 5)}, {ENDS})")
def fill(capacity, flow, distance, tried, way, wanted, sent, output, input, low, high):
    """Send whatever fits along ways on which each step leads closer; return how much that was.

    It goes one step ahead with what is wanted there, as much as the pipe has room for, and one back
    when that has been sent or there is no way on. `tried` counts the steps that each node has no
    more need to look at: first those down, beginning with the one straight down, then those up.
    """
    n, size = capacity.shape[1], high - low
    top = len(distance) - n
    for node in range(len(distance)):
        tried[node] = 0
    step, way[0], wanted[0], sent[0] = 0, top + output, UNLIMITED, 0
    while True:
        node, room = way[step], 0
        i = node % n
        above, below = node - i + n, node - i - n
        if node == input:
            sent[step] = wanted[step]
        elif sent[step] < wanted[step]:
            closer, k = distance[node] - 1, tried[node]
            while k < size:
                j = i - k if i - k >= low else i - k + size
                if distance[below + j] == closer:
                    room = capacity[node - n, j] - flow[node - n, j]
                    if room > 0:
                        way[step + 1] = below + j
                        break
                k += 1
            while size <= k < 2 * size and above <= top:
                j = low + k - size
                if distance[above + j] == closer:
                    room = flow[above + j - n, i]
                    if room > 0:
                        way[step + 1] = above + j
                        break
                k += 1
            tried[node] = k
            if room == 0:
                distance[node] = -1  # no way on
        if room > 0:
            wanted[step + 1], sent[step + 1] = min(wanted[step] - sent[step], room), 0
            step += 1
        elif step == 0:
            return sent[0]
        else:
            step -= 1
            before, amount = way[step], sent[step + 1]
            sent[step] += amount
            if before > node:
                flow[before - n, i] += amount
            else:
                flow[node - n, before % n] -= amount


@compiled(f"int64({MATRIX}, {MATRIX}, {', '.join([NODES] * 5)}, {ENDS})")
def solve(capacity, flow, distance, tried, way, wanted, sent, output, input, low, high):
    """Put the largest flow from an output to an input into `flow`, and return how much it is.

    It is complete when all that can leave the output flows, or all that can reach the input: then
    no search has to show that nothing more would get through.
    """
    n = capacity.shape[1]
    top = len(distance) - n
    last = top - n + output
    for node in range(len(distance)):  # as long as nothing flows, each step leads down
        distance[node] = node // n if node >= n or node == input else -1
    for level in range(n, top - n, n):
        for row in range(level + low, level + high):
            for j in range(low, high):
                flow[row, j] = 0
    leaving = arriving = total = 0
    for i in range(low, high):
        flow[last, i] = flow[i, input] = 0
        leaving += capacity[last, i]
        arriving += capacity[i, input]
    while True:
        total += fill(capacity, flow, distance, tried, way, wanted, sent, output, input, low, high)
        if total == min(leaving, arriving):
            return total
        if not search(capacity, flow, distance, way, output, input, low, high):
            return total
