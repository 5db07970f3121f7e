/**
 * What models are made of: TF.js's tensors, its layers and its backend "cpu", the very modules that `@tensorflow/tfjs`
 * consists of. That one also has what reads other formats and computes in browsers, and takes twice as long to load: it
 * is loaded by whoever trains with TF.js.
 */
import "@tensorflow/tfjs-backend-cpu";
import { provideTensorMethods } from "./tensor_methods.ts";

export * from "@tensorflow/tfjs-core";
export * from "@tensorflow/tfjs-layers";

provideTensorMethods();
