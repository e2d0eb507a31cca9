"""Tables of reports as files: CSV for programs, workbooks for offices, PDF for paper."""
