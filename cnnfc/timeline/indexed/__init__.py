"""Series over the commits straight from the columns of the index, without an object a value."""
