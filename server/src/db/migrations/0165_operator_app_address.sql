-- Whoever may change a file in the folder of catalog files must not be able to send the operator's client secret to a host of theirs: a setup is for the hosts that the file named when it was entered. Null: for what comes along.
alter table oauth_operator_apps add column address_stamp text;
