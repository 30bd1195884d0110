-- A client belongs to the server where it was registered. Where people enter that server's host, the first one signed in at is the one, and the client secret goes to no other.
alter table oauth_apps add column token_host text;
