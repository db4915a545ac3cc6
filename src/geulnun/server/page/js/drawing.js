// A sheet to draw one character on, as strokes of a round pen.

import { Emitter } from "./emitter.js";

const PEN_PX = 15;

/** Says "change" after every stroke. */
export class Sheet extends Emitter {
  constructor(canvas) {
    super();
    this.canvas = canvas;
    this.strokes = [];
    canvas.addEventListener("pointerdown", (event) => this.#begin(event));
    canvas.addEventListener("pointermove", (event) => this.#go(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => this.#end());
    this.draw();
  }

  get empty() {
    return !this.strokes.length;
  }

  undo() {
    this.strokes.pop();
    this.draw();
    this.emit("change");
  }

  clear() {
    this.strokes = [];
    this.draw();
    this.emit("change");
  }

  /** The drawing as a PNG. */
  toBlob() {
    return new Promise((resolve) => { this.canvas.toBlob(resolve, "image/png"); });
  }

  draw() {
    const pen = this.canvas.getContext("2d");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, this.canvas.width, this.canvas.height);
    pen.strokeStyle = "#161817";
    pen.lineWidth = PEN_PX;
    pen.lineCap = pen.lineJoin = "round";
    for (const stroke of this.strokes) {
      pen.beginPath();
      pen.moveTo(...stroke[0]);
      for (const point of stroke.length > 1 ? stroke.slice(1) : stroke) pen.lineTo(...point);
      pen.stroke();
    }
  }

  #begin(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.strokes.push([this.#find(event)]);
    this.drawing = true;
    this.draw();
  }

  #go(event) {
    if (!this.drawing) return;
    this.strokes.at(-1).push(this.#find(event));
    this.draw();
  }

  #end() {
    if (!this.drawing) return;
    this.drawing = false;
    this.emit("change");
  }

  #find(event) {
    const box = this.canvas.getBoundingClientRect();
    const scale = this.canvas.width / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  }
}
