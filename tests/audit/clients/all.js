// All audits in one process, so that they share one Kanava. Each of them runs alone, too: `node --test apollo.test.js`.
import "./http.test.js";
import "./subscriptions.test.js";
import "./apollo.test.js";
import "./urql.test.js";
import "./relay.test.js";
import "./trusted.test.js";
