-- Which of the processes that run started last, without two of one moment: it decides where they have read different catalog files.
create sequence process_starts as integer cycle;
