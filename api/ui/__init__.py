"""The live view: what is where in a warehouse now, as data, and the page that draws it."""
