import { EXPORT_FORM_SCHEMA, type ExportForm } from "../../runs/exports/export_form.ts";
import { defineFactory, type Registry } from "../options/named_factory.ts";

/** The forms of exported files: one, of which the options are typed alone. */
export const EXPORT_FORMS: Registry<undefined, ExportForm> = {
  kind: "form",
  factories: [
    defineFactory({
      name: "export",
      summary: "an exported model in another form",
      options: EXPORT_FORM_SCHEMA,
      create: (form) => form,
    }),
  ],
};
