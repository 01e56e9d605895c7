"""A stand-in for the parts of Airflow 2 that maskpipe.airflow touches, written after its
documented interfaces. Airflow itself cannot be installed where these tests run."""
