package main

import (
	"context"
	"flag"
	"fmt"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
)

func schemaCommand() command {
	return command{
		name:  "schema",
		short: "prints the SQL that makes a PostgreSQL database ready for a desk",
		help: `
  frontdesk schema | psql -v ON_ERROR_STOP=1 shop
  frontdesk schema -schema support > migrations/0042_support.sql

A desk creates and extends its schema itself, so this is for hosts that change
their database with a tool of their own (pgstore.Options.NoMigrate). Each statement
leaves what is there as it is, and no data is dropped. Standard output is SQL, not
JSON.

Where another role applies it than the desk logs in as, the desk's needs

  grant usage on schema frontdesk to desk;
  grant select, insert, update, delete on all tables in schema frontdesk to desk;
  grant usage on all sequences in schema frontdesk to desk;

and again after each change that adds a table, or once by alter default privileges.`,
		run: runSchema,
	}
}

func runSchema(_ context.Context, s *streams, f *flag.FlagSet, args []string) error {
	schema := f.String("schema", "frontdesk", "`name` of the schema")
	if err := parse(f, args, "schema"); err != nil {
		return err
	}
	schemas, err := store.Schemas(frontdesk.Collections()...)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(s.out, pgstore.SQL(*schema, schemas))
	return err
}
