"""Any CRM that speaks JSON over HTTP: what it calls things is data in the playbook."""
