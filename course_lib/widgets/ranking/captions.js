// What stands below the ranking.
import { say } from "../shared/words.js";

/** What can be done with the figure. */
export function hint() {
  return say(
    "Point at a token to see its arrows; click it to remove it. " +
      "Or use Tab, the arrow keys and Enter.",
  );
}

/** What is drawn: arrows above the threshold, of which `count` there are. */
export function caption({ outgoing }, threshold, { count, drawn }) {
  const areas = say(
    "The area of a node is its share of the sum of all scores. An arrow i → j says that token i " +
      "attends to token j.",
  );
  const arrows = outgoing
    ? say(
        "Arrows of weights above {threshold} are drawn; those from the token that you point at " +
          "are orange.",
        { threshold },
      )
    : say(
        "Arrows of weights above {threshold} are drawn; those to the token that you point at " +
          "are orange.",
        { threshold },
      );
  const removal = say(
    "A removed token loses its row and its column, and each row that stays is divided by its " +
      "sum. The damping is used by PageRank alone: it is how likely the walk follows an arrow " +
      "rather than jumping.",
  );
  const left = say("There are {count}; the strongest {drawn} are drawn.", { count, drawn });
  return [areas, arrows, ...(drawn < count ? [left] : []), removal].join(" ");
}
