"""What is worth another look before a record goes to the coach: advice, which never blocks anything."""
