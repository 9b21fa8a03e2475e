// The widget manager of pages without a kernel, with only what our figures use: the base, the
// controls and anywidget. Jupyter's own one for pages brings much more, 3.6 MB of it.
import * as base from "@jupyter-widgets/base";
import { ManagerBase } from "@jupyter-widgets/base-manager";
import * as controls from "@jupyter-widgets/controls";
import "@jupyter-widgets/controls/css/labvariables.css";
import "@jupyter-widgets/controls/css/widgets-base.css";
import { MessageLoop } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import "@lumino/widgets/style/index.css";

class Manager extends ManagerBase {
  /** `anywidget` is the function that the installed anywidget hands to `define`. */
  constructor(anywidget) {
    super();
    this.modules = {
      "@jupyter-widgets/base": base,
      "@jupyter-widgets/controls": controls,
      anywidget: anywidget(base),
    };
    this.shown = new Set();
    window.addEventListener("resize", () => {
      for (const view of this.shown) {
        MessageLoop.postMessage(view.luminoWidget, Widget.ResizeMessage.UnknownSize);
      }
    });
  }

  async loadClass(name, module) {
    const found = this.modules[module]?.[name];
    if (!found) throw new Error(`no ${name} of ${module} in the manager of this page`);
    return found;
  }

  async _get_comm_info() {
    return {};
  }

  async _create_comm() {
    throw new Error("a page has no kernel");
  }

  /** Show the view of a model in an element. */
  async show(modelId, element) {
    const view = await this.create_view(await this.get_model(modelId));
    Widget.attach(view.luminoWidget, element);
    this.shown.add(view);
    view.once("remove", () => this.shown.delete(view));
  }
}

window.courseFigures.Manager = Manager;
