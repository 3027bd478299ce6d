"""One trainer for hypernetworks: objectives, optimizers, streams of examples. Its data are in `data`."""
