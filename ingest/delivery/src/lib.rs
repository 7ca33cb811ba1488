//! Somebody's files as submissions: text and workbooks are read row by row, and each row becomes the cells of one
//! submission, as a layout says.
